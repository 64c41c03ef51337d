using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Counts what comes for each driver. The first that is accepted is stored at once, the last once an hour, and what is refused once a
/// minute, whatever is sent here. Safe for any number of threads.
/// </summary>
internal sealed partial class WebhookTallies : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_storeAccepted = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_storeRefused = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<DriverId, WebhookTally> _tallies = new();
    private readonly ConcurrentDictionary<DriverId, WebhookTally> _stored = new();
    private readonly DueWork<DriverId> _work;
    private readonly IRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly ILogger<WebhookTallies> _logger;

    public WebhookTallies(IRegistry registry, TimeProvider clock, ILogger<WebhookTallies> logger)
    {
        (_registry, _clock, _logger) = (registry, clock, logger);
        _work = new DueWork<DriverId>(clock, 1, StoreAsync);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tally in await _registry.ListAsync(WebhookTally.Collection, "", cancellationToken))
        {
            _tallies[tally.Driver] = _stored[tally.Driver] = tally;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _work.DisposeAsync();
        foreach (var driver in _tallies.Keys)
        {
            await StoreAsync(driver, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    public WebhookTally Of(DriverId driver) => _tallies.GetValueOrDefault(driver) ?? new WebhookTally { Driver = driver };

    /// <summary>One came that was about a connection: what was refused before is past.</summary>
    public void Accept(DriverId driver)
    {
        var isFirst = Of(driver).AcceptedAt is null;
        Change(driver, tally => tally with { AcceptedAt = _clock.GetUtcNow(), Refused = 0, Astray = 0 }, isFirst ? TimeSpan.Zero : s_storeAccepted);
    }

    public void Refuse(DriverId driver) => Change(driver, static tally => tally with { Refused = tally.Refused + 1 }, s_storeRefused);

    public void Stray(DriverId driver) => Change(driver, static tally => tally with { Astray = tally.Astray + 1 }, s_storeRefused);

    private void Change(DriverId driver, Func<WebhookTally, WebhookTally> change, TimeSpan storeWithin)
    {
        _tallies.AddOrUpdate(driver, id => change(new WebhookTally { Driver = id }), (_, tally) => change(tally));
        var due = _clock.GetUtcNow() + storeWithin;
        if (!(_work.DueOf(driver) <= due))
        {
            _work.Set(driver, due);
        }
    }

    private async Task<DateTimeOffset?> StoreAsync(DriverId driver, CancellationToken cancellationToken)
    {
        var tally = Of(driver);
        if (tally == _stored.GetValueOrDefault(driver))
        {
            return null;
        }

        try
        {
            await _registry.WriteAsync(transaction => transaction.Put(WebhookTally.Collection, tally), cancellationToken);
            _stored[driver] = tally;
            return null;
        }
        catch (StorageException e)
        {
            Log.NotStored(_logger, driver, e);
            return _clock.GetUtcNow() + s_storeRefused;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2950, Level = LogLevel.Warning, Message = "What webhooks came for {Driver} could not be stored; it is tried again.")]
        public static partial void NotStored(ILogger logger, DriverId driver, Exception exception);
    }
}
