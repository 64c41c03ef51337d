using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Tests.Storage;

public sealed class LiteDbRegistryTests : RegistryTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DataFolder _data;

    public LiteDbRegistryTests() => _data = DataFolder.Open(_folder.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_on_disk_before_anything_is_closed()
    {
        using var copy = new TemporaryFolder();
        await using var abandoned = await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await abandoned.WriteAsync(t => t.Put(Note.Collection, new Note($"n{i:00}", new string('x', 2_000))), Token);

            // What a killed process leaves behind is what the files hold at this moment.
            _folder.CopyTo(copy.Path);
            using var folder = DataFolder.Open(copy.Path);
            await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
            Assert.Equal(i + 1, (await registry.ListAsync(Note.Collection, "", Token)).Count);
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
    }

    private protected override Task<IRegistry> OpenAsync() => Task.FromResult<IRegistry>(LiteDbRegistry.Open(_data, NullLogger<LiteDbRegistry>.Instance));

    private protected override Task<long> CountCommitsAsync(IRegistry registry) => Task.FromResult(((LiteDbRegistry)registry).Commits);
}
