using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Sous.Plugins.Host.Tests.Drivers.Egress;

/// <summary>A fake clock that tells when somebody starts to wait, and for how long.</summary>
internal sealed class TimerClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>The next wait other than an attempt's deadline, or the end of a wait for a turn.</summary>
    public async Task<TimeSpan> NextWaitAsync()
    {
        while (true)
        {
            var wait = await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);
            if (wait > TimeSpan.Zero && wait != TimeSpan.FromSeconds(30) && wait <= TimeSpan.FromSeconds(60))
            {
                return wait;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Writer.TryWrite(dueTime);
        return timer;
    }
}
