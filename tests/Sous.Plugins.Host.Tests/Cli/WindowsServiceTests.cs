using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Cli;

/// <summary>What a service does with its worker; the manager itself is Windows' alone.</summary>
public sealed class WindowsServiceTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_ends_by_itself_ends_its_service_with_its_exit_code()
        => Assert.Equal(7, await WindowsService.RunAsync("sous-plugins", static _ => Task.FromResult(7), s_grace, Token));

    [Fact]
    public async Task A_service_that_is_told_to_stop_waits_for_its_worker_and_gives_its_exit_code()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var (begun, told, end) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var running = WindowsService.RunAsync("sous-plugins", async token =>
        {
            using var _ = token.Register(() => told.TrySetResult());
            begun.SetResult();
            await end.Task;
            return ExitCode.Done;
        }, s_grace, stopping.Token);
        await begun.Task.WaitAsync(Token);

        await stopping.CancelAsync();
        await told.Task.WaitAsync(Token);
        Assert.False(running.IsCompleted);
        end.SetResult();

        Assert.Equal(ExitCode.Done, await running);
    }

    [Fact]
    public async Task What_forbids_a_start_ends_it_with_the_code_of_that()
        => Assert.Equal(ExitCode.StartForbidden, await WindowsService.RunAsync("sous-plugins", static _ => throw new StorageException("The registry is another's."), s_grace, Token));
}
