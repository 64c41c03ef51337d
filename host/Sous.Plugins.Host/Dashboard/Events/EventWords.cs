namespace Sous.Plugins.Host.Dashboard.Events;

/// <summary>What happened, by an event's type, in words that need no explanation.</summary>
internal static class EventWords
{
    /// <summary>What types begin with, and what such events are about.</summary>
    public static readonly IReadOnlyList<(string Family, string Text)> Families =
    [
        ("connection", "Connections"), ("connect_session", "Connecting"), ("order", "Orders"), ("file", "Files"), ("day", "Business days"),
        ("location", "Locations"), ("sync", "What could not be fetched"), ("webhooks", "Webhooks"), ("subscription", "Deliveries"), ("events", "Missed events"),
    ];

    public static (string Text, Tone Tone) Of(string type) => type switch
    {
        "order.created" => ("New orders", Tone.Plain),
        "order.updated" => ("Changed orders", Tone.Plain),
        "order.deleted" => ("Deleted orders", Tone.Plain),
        "file.changed" => ("Changed files", Tone.Plain),
        "day.closed" => ("A business day was closed", Tone.Plain),
        "day.restated" => ("A closed business day has changed", Tone.Warn),
        "day.tied" => ("A business day agrees with the service now", Tone.Good),
        "day.not_tied" => ("A business day differs from the service", Tone.Warn),
        "location.unmapped" => ("A location is not mapped", Tone.Warn),
        "location.changed" => ("A location has changed", Tone.Warn),
        "location.closed" => ("A location was closed", Tone.Warn),
        "location.reopened" => ("A location was opened again", Tone.Plain),
        "location.vanished" => ("A location is gone", Tone.Warn),
        "sync.failed" => ("Could not be fetched", Tone.Warn),
        "webhooks.silent" => ("The service tells of changes no more", Tone.Warn),
        "subscription.disabled" => ("Nothing is delivered to an address any more", Tone.Bad),
        "events.missed" => ("Some events could not be delivered", Tone.Warn),
        "connect_session.denied" => ("The owner did not agree", Tone.Plain),
        "connect_session.failed" => ("Connecting did not work", Tone.Warn),
        "connect_session.abandoned" => ("Connecting was not confirmed in time", Tone.Plain),
        "connect_session.expired" => ("A link to connect has run out", Tone.Plain),
        _ => OfConnection(type),
    };

    private static (string Text, Tone Tone) OfConnection(string type) => type switch
    {
        "connection.connected" => ("Connected", Tone.Good),
        "connection.ok" => ("Works again", Tone.Good),
        "connection.needs_reconnect" => ("Cut off until it is reconnected", Tone.Bad),
        "connection.needs_attention" => ("Needs attention", Tone.Warn),
        "connection.refreshing" => ("Is renewing its access", Tone.Plain),
        "connection.adopt_required" => ("Stands still: this worker is a restored copy", Tone.Warn),
        "connection.paused" => ("Paused", Tone.Plain),
        "connection.revoking" => ("Is being disconnected", Tone.Plain),
        "connection.revoked" => ("Disconnected", Tone.Plain),
        "connection.cannot_revoke" or "connection.not_revoked" => ("Disconnected here, but the service has not withdrawn the access", Tone.Warn),
        "connection.account_mismatch" => ("Another account has agreed", Tone.Warn),
        "connection.scopes_narrowed" => ("Not all that was asked for is allowed", Tone.Warn),
        _ => (type, Tone.Plain),
    };
}
