using System.Globalization;
using Hangfire;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>Hangfire, which looks for due jobs once a second.</summary>
internal sealed class HangfirePeer(JobStorage storage) : ISchedulingPeer
{
    private static Action<DateTimeOffset> s_due = static _ => { };

    private readonly RecurringJobManager _recurring = new(storage);
    private readonly BackgroundJobClient _client = new(storage);
    private BackgroundJobServer? _server;

    public static HangfirePeer OpenInMemory() => new(new InMemoryStorage());

    /// <summary>With its storage in a database: a worker that finds nothing to do is told of what comes, and looks every second besides.</summary>
    public static HangfirePeer OpenShared(string connectionString)
    {
        var options = new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromSeconds(1), EnableLongPolling = true };
        return new HangfirePeer(new PostgreSqlStorage(new NpgsqlConnectionFactory(connectionString, options), options));
    }

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
        _server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = 20, SchedulePollingInterval = TimeSpan.FromSeconds(1) }, storage);
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
