using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Works the inbox off: says whom each event is about, and has the work of each connection done in order. Nothing is kept in
/// memory alone: what a killed host left is found in the inbox by the next one.
/// </summary>
internal sealed partial class InboxWorker : BackgroundService
{
    private const int Batch = 500;
    private const int AtOnce = 256;

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_afterTrouble = TimeSpan.FromSeconds(5);

    private readonly DueWork<InboxKey> _due;
    private readonly IInbox _inbox;
    private readonly InboxNews _news;
    private readonly WebhookWatch _watch;
    private readonly WebhookTallies _tallies;
    private readonly IRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly ILogger<InboxWorker> _logger;

    public InboxWorker(InboxWork work, IInbox inbox, InboxNews news, WebhookWatch watch, WebhookTallies tallies, ConnectionEvents events, IRegistry registry, TimeProvider clock, ILogger<InboxWorker> logger)
    {
        (_inbox, _news, _watch, _tallies, _registry, _clock, _logger) = (inbox, news, watch, tallies, registry, clock, logger);
        _due = new DueWork<InboxKey>(clock, AtOnce, work.RunAsync);
        events.OnConnected(ConnectAsync);
        events.OnLeaving(LeaveAsync);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _due.DisposeAsync();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(TakeAsync(stoppingToken), SweepAsync(stoppingToken));

    private async Task TakeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await TryAsync(() => TakeSomeAsync(stopping), stopping);
            await _news.WaitAsync(stopping);
        }
    }

    private async Task TakeSomeAsync(CancellationToken cancellationToken)
    {
        while (await _inbox.ReadNewAsync(Batch, cancellationToken) is { Count: > 0 } entries)
        {
            var audience = await InboxAudience.ReadAsync(_registry, entries, cancellationToken);
            var taken = entries.Select(entry => (Entry: entry, Keys: audience.KeysOf(entry))).ToList();
            await _inbox.TakeAsync(taken, cancellationToken);
            foreach (var (key, driver) in taken.SelectMany(static one => one.Keys.Select(key => (key, one.Entry.Driver))).Distinct())
            {
                _watch.Hear(key, driver);
                _due.Set(key, _clock.GetUtcNow());
            }

            foreach (var driver in taken.Where(static one => one.Keys.Count > 0 && one.Entry.Source.Length == 0).Select(static one => one.Entry.Driver).Distinct())
            {
                _tallies.Accept(driver);
            }

            if (taken.Count(static one => one.Keys.Count == 0) is var unclaimed and > 0)
            {
                Log.Unclaimed(_logger, unclaimed);
            }
        }
    }

    /// <summary>What came before its account was known is taken now, and what waited for the connection is done.</summary>
    private async Task ConnectAsync(Connection connection, CancellationToken cancellationToken)
    {
        await ReclaimAsync(cancellationToken);
        foreach (var work in InboxKey.Works)
        {
            _due.Set(new InboxKey(connection.Id, work), _clock.GetUtcNow());
        }
    }

    private async Task LeaveAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.KeepsRecords)
        {
            return;
        }

        foreach (var key in InboxKey.Works.Select(work => new InboxKey(connection.Id, work)))
        {
            _due.Remove(key);
            await _inbox.FinishAsync(key, null, cancellationToken);
        }
    }

    private async Task SweepAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(s_sweepEvery, _clock);
        do
        {
            await TryAsync(
                async () =>
                {
                    await TakeUpAsync(stopping);
                    await _inbox.SweepAsync(_clock.GetUtcNow() - IInbox.Kept, stopping);

                    // An account or a location may have become known without a connect.
                    await ReclaimAsync(stopping);
                },
                stopping);
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    /// <summary>What a killed host left, and what is waited for by nobody.</summary>
    private async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        foreach (var key in (await _inbox.ListWorkAsync(cancellationToken)).Where(key => _due.DueOf(key) is null && !_due.IsAtWork(key)))
        {
            _due.Set(key, _clock.GetUtcNow());
        }
    }

    private async Task ReclaimAsync(CancellationToken cancellationToken)
    {
        var unclaimed = await _inbox.ListUnclaimedAsync(cancellationToken);
        var entries = unclaimed.Select(account => new InboxEntry
        {
            Driver = account.Driver,
            EventId = "",
            Kind = ServiceEventKind.OrderUpdated,
            AccountId = account.AccountId,
            LocationId = account.LocationId,
            ReceivedAt = default,
        }).ToList();
        var audience = await InboxAudience.ReadAsync(_registry, entries, cancellationToken);
        foreach (var account in unclaimed.Zip(entries).Where(pair => audience.KeysOf(pair.Second).Count > 0).Select(static pair => pair.First))
        {
            await _inbox.ReclaimAsync(account, cancellationToken);
            _news.Tell();
        }
    }

    private async Task TryAsync(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            Log.Failed(_logger, e);
            await Task.Delay(s_afterTrouble, _clock, stopping);
            _news.Tell();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2910, Level = LogLevel.Debug, Message = "{Count} events of accounts that nobody connected are kept as unclaimed.")]
        public static partial void Unclaimed(ILogger logger, int count);

        [LoggerMessage(EventId = 2911, Level = LogLevel.Error, Message = "The inbox could not be worked off for now; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
