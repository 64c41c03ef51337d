using Sous.Plugins.Host.Drivers.Defects;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// The token that a driver is handed. It is cancelled with ours, on a thread of its own: what a driver hangs on it may block or
/// throw, and must do neither to whoever cancels, be it a timer of the host's.
/// </summary>
internal sealed class DriverToken : IDisposable
{
    // Never disposed of: that would drop what has not been called yet. It has no timer, and goes with the driver's last call.
    private readonly CancellationTokenSource _own = new();
    private readonly CancellationTokenRegistration _ours;

    public DriverToken(CancellationToken ours) => _ours = ours.UnsafeRegister(static state => (state as DriverToken)?.Cancel(), this);

    public CancellationToken Token => _own.Token;

    public void Dispose() => _ours.Dispose();

    private void Cancel() => _ = _own.CancelAsync().ContinueWith(
        static done => done.Exception is { } thrown && DriverCode.TryBlame(thrown), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
