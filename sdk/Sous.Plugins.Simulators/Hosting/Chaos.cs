namespace Sous.Plugins.Simulators.Hosting;

/// <summary>What a simulator does wrong on purpose. Everything is off by default; one instance is a whole setting.</summary>
/// <remarks>
/// The "every" knobs count the requests whose path starts with <see cref="PathPrefix"/> from the moment the setting was made:
/// 3 hits the third, sixth and ninth; 0 is off. Where several hit the same request the first in the order reset, rate limit,
/// server error, HTML page, truncation wins. So a run is repeatable as long as its requests come in the same order.
/// </remarks>
public sealed record Chaos
{
    /// <summary>Nothing wrong.</summary>
    public static Chaos None { get; } = new();

    /// <summary>Only requests whose path starts with this are touched. Default "/v2/".</summary>
    public string PathPrefix { get; init; } = "/v2/";

    /// <summary>Waited, on the simulator's clock, before each answer. Default none.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Every Nth request has its connection reset without an answer.</summary>
    public int ResetEvery { get; init; }

    /// <summary>Every Nth request is answered 429.</summary>
    public int RateLimitEvery { get; init; }

    /// <summary>Seconds in the Retry-After header of a 429; null sends none. Default 1.</summary>
    public int? RetryAfterSeconds { get; init; } = 1;

    /// <summary>The Retry-After header names the instant, by the simulator's clock, in place of the seconds.</summary>
    public bool RetryAfterAsDate { get; init; }

    /// <summary>Every Nth request is answered with <see cref="ServerErrorStatus"/>.</summary>
    public int ServerErrorEvery { get; init; }

    /// <summary>The status of the server errors. Default 503.</summary>
    public int ServerErrorStatus { get; init; } = 503;

    /// <summary>Every Nth request is answered 200 with an HTML page, as a proxy or a maintenance page does.</summary>
    public int HtmlEvery { get; init; }

    /// <summary>Every Nth request gets the first half of its answer, then the connection is cut.</summary>
    public int TruncateEvery { get; init; }

    /// <summary>From its third page on, a listing hands out the first page's cursor again.</summary>
    public bool RepeatCursor { get; init; }

    /// <summary>A listing answers with the very cursor it was asked with.</summary>
    public bool CursorStandsStill { get; init; }

    /// <summary>A listing leaves its cursor out though more would follow.</summary>
    public bool DropCursor { get; init; }

    /// <summary>A page of a listing comes empty, with a cursor to what it should have held. Toast, which counts its pages, has none.</summary>
    public bool EmptyPage { get; init; }

    /// <summary>A listing sorts newest first, whatever was asked.</summary>
    public bool IgnoreSortOrder { get; init; }

    /// <summary>Every Nth webhook is sent twice. Counted by webhooks, as the next.</summary>
    public int DuplicateWebhookEvery { get; init; }

    /// <summary>Before every Nth webhook a forged one is sent, under another event id and badly signed.</summary>
    public int ForgedWebhookEvery { get; init; }

    /// <summary>Webhooks that wait together are sent the newest first.</summary>
    public bool ReorderWebhooks { get; init; }

    /// <summary>How the token endpoint behaves. Not bound to <see cref="PathPrefix"/>.</summary>
    public TokenEndpointMode TokenEndpoint { get; init; }
}
