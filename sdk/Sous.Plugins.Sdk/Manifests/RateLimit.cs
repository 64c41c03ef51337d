namespace Sous.Plugins.Sdk.Manifests;

/// <summary>How many calls a service takes in a time. The host keeps to it by itself; a driver counts nothing.</summary>
public sealed record RateLimit
{
    /// <summary>Whose calls the service counts together.</summary>
    public required RateLimitScope Of { get; init; }

    /// <summary>Calls within <see cref="Seconds"/>, 1 to 1,000,000.</summary>
    public required int Requests { get; init; }

    /// <summary>The time that they are counted over, in seconds, 1 to 86,400.</summary>
    public required int Seconds { get; init; }

    /// <summary>
    /// What it limits: the calls below a path, such as <c>/orders/v2/ordersBulk</c>, by whole segments as they are written, seen from
    /// the API's address; null for all calls. A call has to keep to every limit that it falls under, and waits for no other.
    /// </summary>
    public string? Path { get; init; }
}
