using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

public sealed class HeadWatchTests
{
    private static readonly TenantId s_tenant = new("t1");
    private static readonly FeedEpoch s_epoch = new("feed", 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_nobody_foresaw_is_told_to_who_waits_and_who_waits_after_is_looked_for_again()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var database = await fresh.OpenAsync();
        var clock = new TellingClock();
        await using var watch = new HeadWatch(database, clock);
        await fresh.ExecuteAsync("INSERT INTO tenants(id) VALUES ('t1')");

        var waits = watch.WaitAsync(s_epoch, s_tenant, 0, Token);
        await clock.Asked.Task.WaitAsync(Token);
        await fresh.ExecuteAsync("ALTER TABLE tenants ALTER since DROP NOT NULL; UPDATE tenants SET since = NULL");
        await Assert.ThrowsAsync<InvalidCastException>(() => waits.WaitAsync(TimeSpan.FromSeconds(30), Token));

        await fresh.ExecuteAsync("UPDATE tenants SET since = 0");
        waits = watch.WaitAsync(s_epoch, s_tenant, 0, Token);
        await fresh.ExecuteAsync("UPDATE tenants SET last = 7");
        Assert.Equal(7, await waits.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    /// <summary>Tells when somebody begins to wait by it.</summary>
    private sealed class TellingClock : TimeProvider
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Asked.TrySetResult();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
