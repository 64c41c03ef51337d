namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>Another scheduler, in a process of its own: schedules that call something which does nothing.</summary>
internal interface ISchedulingPeer : IAsyncDisposable
{
    /// <summary>Schedules that are due at that instant, which is a full minute, and not again this year.</summary>
    /// <param name="due">Told the instant at which each was called.</param>
    Task RegisterAsync(int first, int count, DateTimeOffset at, Action<DateTimeOffset> due);

    Task StartAsync();

    /// <summary>Jobs that are due at once, or null where it has no such thing.</summary>
    Task? EnqueueAsync(int count, Action done);
}
