using System.Globalization;
using Npgsql;
using Quartz;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>Quartz.NET.</summary>
internal sealed class QuartzPeer(IScheduler scheduler) : ISchedulingPeer
{
    private int _enqueued;

    public static async Task<QuartzPeer> OpenInMemoryAsync() => new(await QuartzSchedulerBuilder.Create().BuildScheduler());

    /// <summary>Clustered, with its store in a database, and a record of each execution.</summary>
    public static async Task<QuartzPeer> OpenSharedAsync(string connectionString, int places) => new(await QuartzSchedulerBuilder.Create(quartz => quartz
        .UseDefaultThreadPool(places)
        .UsePersistentStore(store => store
            .UsePostgres(NpgsqlFactory.Instance, connectionString)
            .UseClustering()
            .UseExecutionHistory()
            .ProvisionSchema())).BuildScheduler());

    public async Task RegisterAsync(int first, int count, DateTimeOffset at, Action<DateTimeOffset> due)
    {
        Call.Due = due;
        var cron = string.Create(CultureInfo.InvariantCulture, $"{at.Second} {at.Minute} {at.Hour} {at.Day} {at.Month} ?");
        for (var number = first; number < first + count; number++)
        {
            var job = JobBuilder.Create<Call>().WithIdentity($"job {number}").Build();
            var trigger = TriggerBuilder.Create().WithIdentity($"trigger {number}").WithCronSchedule(cron, static schedule => schedule.InTimeZone(TimeZoneInfo.Utc)).Build();
            await scheduler.ScheduleJob(job, trigger);
        }
    }

    public Task StartAsync() => scheduler.Start().AsTask();

    public async Task? EnqueueAsync(int count, Action done)
    {
        Call.Due = _ => done();
        for (var number = 0; number < count; number++)
        {
            await scheduler.ScheduleJob(JobBuilder.Create<Call>().WithIdentity($"once {_enqueued}").Build(), TriggerBuilder.Create().WithIdentity($"once {_enqueued++}").StartNow().Build());
        }
    }

    public async ValueTask DisposeAsync() => await scheduler.Shutdown();

    private sealed class Call : IJob
    {
        public static Action<DateTimeOffset> Due { get; set; } = static _ => { };

        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
        {
            Due(TimeProvider.System.GetUtcNow());
            return default;
        }
    }
}
