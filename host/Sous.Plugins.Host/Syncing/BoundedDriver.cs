using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A driver whose disposal may fail or hang without taking the run with it.</summary>
internal sealed class BoundedDriver(IDriver driver, TimeSpan grace, TimeProvider clock) : IAsyncDisposable
{
    public IDriver Driver { get; } = driver;

    public async ValueTask DisposeAsync()
        => await Task.Run(() => Driver.DisposeAsync().AsTask()).WaitAsync(grace, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
