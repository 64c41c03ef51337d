using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Freshness;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>What the API tells by codes, in words that need no explanation.</summary>
internal static class Words
{
    public static (string Text, Tone Tone) Of(ConnectionStatus status) => status switch
    {
        ConnectionStatus.Ok => ("Working", Tone.Good),
        ConnectionStatus.Refreshing => ("Working, and renewing its access just now", Tone.Good),
        ConnectionStatus.NeedsReconnect => ("Cut off until it is reconnected", Tone.Bad),
        ConnectionStatus.NeedsAttention => ("Needs attention", Tone.Warn),
        ConnectionStatus.Paused => ("Paused", Tone.Plain),
        ConnectionStatus.Revoking => ("Being disconnected", Tone.Plain),
        ConnectionStatus.CannotRevoke => ("Disconnected here, but the service has not withdrawn the access", Tone.Warn),
        ConnectionStatus.AdoptRequired => ("Standing still: this worker is a restored copy", Tone.Warn),
        _ => ("Disconnected", Tone.Plain),
    };

    public static string Of(Actor actor) => actor switch
    {
        Actor.Owner => "The owner of the account must act.",
        Actor.Operator => "Whoever runs this worker must act.",
        Actor.DriverAuthor => "The author of the driver must act.",
        Actor.HostAuthor => "The author of this worker must act.",
        _ => "Nobody has to do anything.",
    };

    public static (string Text, Tone Tone) Of(FreshnessState state) => state switch
    {
        FreshnessState.Fresh => ("up to date", Tone.Good),
        FreshnessState.Stale => ("out of date", Tone.Bad),
        _ => ("not fetched yet", Tone.Plain),
    };

    /// <summary>What happens next without anybody; an instant follows.</summary>
    public static string Of(NextStep next) => next.Step switch
    {
        "refresh" => "The access is renewed",
        "revoke" => "The service is asked once more to withdraw the access",
        "verify" => "The service is asked whether the access still stands",
        "run" => "It is fetched again",
        _ => "The worker goes on",
    };

    public static string Of(StreamName stream) => stream.Value switch
    {
        "sales" => "Sales",
        "catalog" => "Menu",
        "files" => "Files",
        _ => stream.Value,
    };

    public static string Class(this Tone tone) => tone switch
    {
        Tone.Good => "good",
        Tone.Warn => "warn",
        Tone.Bad => "bad",
        _ => "plain",
    };
}
