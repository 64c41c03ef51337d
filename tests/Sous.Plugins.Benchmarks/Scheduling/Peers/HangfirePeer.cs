using System.Globalization;
using Hangfire;
using Hangfire.InMemory;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>Hangfire with its storage in memory, which looks for due jobs once a second.</summary>
internal sealed class HangfirePeer : ISchedulingPeer
{
    private static Action<DateTimeOffset> s_due = static _ => { };

    private readonly InMemoryStorage _storage = new();
    private readonly RecurringJobManager _recurring;
    private readonly BackgroundJobClient _client;
    private BackgroundJobServer? _server;

    public HangfirePeer() => (_recurring, _client) = (new RecurringJobManager(_storage), new BackgroundJobClient(_storage));

    public Task RegisterAsync(int first, int count, DateTimeOffset at, Action<DateTimeOffset> due)
    {
        s_due = due;
        var cron = string.Create(CultureInfo.InvariantCulture, $"{at.Second} {at.Minute} {at.Hour} {at.Day} {at.Month} *");
        for (var number = first; number < first + count; number++)
        {
            _recurring.AddOrUpdate($"job {number}", () => Call(), cron);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync()
    {
        _server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = 20, SchedulePollingInterval = TimeSpan.FromSeconds(1) }, _storage);
        return Task.CompletedTask;
    }

    public Task? EnqueueAsync(int count, Action done)
    {
        s_due = _ => done();
        for (var number = 0; number < count; number++)
        {
            _client.Enqueue(() => Call());
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        return default;
    }

    public static void Call() => s_due(TimeProvider.System.GetUtcNow());
}
