using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A session whose disposal may fail or hang without taking the run with it.</summary>
internal sealed class BoundedSession(DriverSession session, TimeSpan grace, TimeProvider clock) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
        => await Task.Run(() => session.DisposeAsync().AsTask()).WaitAsync(grace, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
