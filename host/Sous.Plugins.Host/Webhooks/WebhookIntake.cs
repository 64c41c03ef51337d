using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Verifies a webhook on its raw bytes and stores what it tells, before anybody is told that it arrived.</summary>
internal sealed partial class WebhookIntake(DriverLookup drivers, DriverDefects defects, IInbox inbox, InboxNews news, WebhookTallies tallies, TimeProvider clock, ILogger<WebhookIntake> logger)
{
    private const int MostEvents = 1_000;
    private const int LongestId = 256;

    private static readonly TimeSpan s_quiet = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(DriverId, string), DateTimeOffset> _complained = new();

    public async Task<IntakeEnd> TakeAsync(WebhookSource source, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (source.Secret is not { } secret || drivers(source.Driver) is not { Factory: IWebhookReceiver receiver } driver)
        {
            Complain(source.Driver, source.Secret is null ? "its webhook secret is not set" : "no driver that takes webhooks serves");
            return IntakeEnd.Unable;
        }

        if (defects.Find(driver.Build) is not null)
        {
            Complain(source.Driver, "the driver is quarantined");
            return IntakeEnd.Unable;
        }

        var request = new WebhookRequest { RegisteredAddress = source.Address, Headers = headers, Body = body };
        var now = clock.GetUtcNow();
        if (Verify(receiver, source.Driver, request, secret, now) is not { } verdict)
        {
            return IntakeEnd.Unable;
        }

        if (verdict != WebhookVerdict.Genuine)
        {
            Log.Refused(logger, source.Driver, verdict);
            if (source.Channel is null)
            {
                tallies.Refuse(source.Driver);
            }

            return IntakeEnd.Refused;
        }

        var entries = Read(receiver, driver.Build, source, request, now);
        return entries.Count == 0 ? IntakeEnd.Kept : await KeepAsync(source.Driver, entries, cancellationToken);
    }

    private async Task<IntakeEnd> KeepAsync(DriverId driver, List<InboxEntry> entries, CancellationToken cancellationToken)
    {
        try
        {
            if (await inbox.KeepAsync(entries, cancellationToken) is not { } kept)
            {
                Complain(driver, "the inbox is full");
                return IntakeEnd.Unable;
            }

            if (kept > 0)
            {
                news.Tell();
            }

            return IntakeEnd.Kept;
        }
        catch (StorageException e)
        {
            Complain(driver, e.Message);
            return IntakeEnd.Unable;
        }
    }

    /// <returns>Null where the driver failed: it may be the service's all the same.</returns>
    private WebhookVerdict? Verify(IWebhookReceiver receiver, DriverId driver, WebhookRequest request, Secret secret, DateTimeOffset now)
    {
        try
        {
            return receiver.Verify(request, secret, now);
        }
        catch (Exception e)
        {
            // Its text may hold what was sent.
            Complain(driver, $"the driver failed with {e.GetType().Name}, which is a defect of it");
            return null;
        }
    }

    /// <returns>Empty too where the driver cannot read it: sent again it would be as hard to read, and the schedule fetches what it was about.</returns>
    private List<InboxEntry> Read(IWebhookReceiver receiver, DriverBuild build, WebhookSource source, WebhookRequest request, DateTimeOffset now)
    {
        try
        {
            return
            [
                .. receiver.Read(request).Where(static told => InboxKey.WorkOf(told.Kind) is not null).Take(MostEvents).Select(told => new InboxEntry
                {
                    Driver = source.Driver,
                    Source = source.Channel?.Id ?? "",
                    EventId = told.EventId.Length <= LongestId ? told.EventId : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(told.EventId))),
                    Kind = told.Kind,
                    Connection = source.Channel?.Connection,
                    AccountId = Short(told.AccountId),
                    LocationId = Short(told.LocationId),
                    ReceivedAt = now,
                }),
            ];
        }
        catch (Exception e)
        {
            // What cannot be verified is not counted: anybody can send it, and would push out what is.
            defects.TakeFailure(build, source.Channel?.Connection, "webhook", $"The driver failed with {e.GetType().Name} over a genuine webhook.", DefectTrace.Of(e));
            Complain(source.Driver, $"the driver cannot read one that is genuine ({e.GetType().Name}), which is a defect of it");
            return [];
        }
    }

    private static string? Short(string? id) => id?.Length <= LongestId ? id : null;

    /// <summary>Once an hour: what is sent here must not fill the log.</summary>
    private void Complain(DriverId driver, string what)
    {
        var now = clock.GetUtcNow();
        var last = _complained.GetOrAdd((driver, what), DateTimeOffset.MinValue);
        if (now - last >= s_quiet && _complained.TryUpdate((driver, what), now, last))
        {
            Log.Unable(logger, driver, what);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2900, Level = LogLevel.Debug, Message = "A webhook at the address of {Driver} is refused: {Verdict}.")]
        public static partial void Refused(ILogger logger, DriverId driver, WebhookVerdict verdict);

        [LoggerMessage(EventId = 2901, Level = LogLevel.Error, Message = "Webhooks of {Driver} cannot be taken as they should: {What}. This is told once an hour.")]
        public static partial void Unable(ILogger logger, DriverId driver, string what);
    }
}
