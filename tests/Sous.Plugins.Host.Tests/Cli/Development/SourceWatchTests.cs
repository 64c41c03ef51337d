using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Cli.Development;

namespace Sous.Plugins.Host.Tests.Cli.Development;

public sealed class SourceWatchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-watch-").FullName;
    private readonly FakeTimeProvider _clock = new() { AutoAdvanceAmount = TimeSpan.Zero };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Mapping.cs", true)]
    [InlineData("driver.json", true)]
    [InlineData("Wire/Sale.cs", true)]
    [InlineData("Wire/plugins/Sale.cs", true)]
    [InlineData("bin/Debug/net10.0/Acme.dll", false)]
    [InlineData("obj/project.assets.json", false)]
    [InlineData("plugins/Acme/driver.json", false)]
    [InlineData(".git/index", false)]
    [InlineData(".Mapping.cs.swp", false)]
    [InlineData("Mapping.cs~", false)]
    public void What_a_build_makes_and_what_editors_keep_for_themselves_are_no_sources(string path, bool isSource)
        => Assert.Equal(isSource, SourceWatch.IsSource(path.Replace('/', Path.DirectorySeparatorChar)));

    [Fact]
    public async Task A_change_is_told_once_it_is_quiet_and_one_that_nobody_waited_for_is_told_to_the_next()
    {
        using var watch = new SourceWatch(_folder, _clock);

        await File.WriteAllTextAsync(Path.Combine(_folder, "Mapping.cs"), "1", Token);
        await QuietAsync(watch.WaitAsync(Token));

        Directory.CreateDirectory(Path.Combine(_folder, "obj"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "obj", "made.cs"), "1", Token);
        var waiting = watch.WaitAsync(Token);
        Assert.False(waiting.IsCompleted);

        await File.WriteAllTextAsync(Path.Combine(_folder, "Wire.cs"), "1", Token);
        await QuietAsync(waiting);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Lets the fake time run on until it is told; the change itself comes from the kernel, in real time.</summary>
    private async Task QuietAsync(Task told)
    {
        while (!told.IsCompleted)
        {
            _clock.Advance(SourceWatch.Quiet);
            await Task.Yield();
        }

        await told;
    }
}
