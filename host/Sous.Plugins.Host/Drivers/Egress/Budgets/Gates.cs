using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>A gate for each endpoint, of a client registration or of a connection. A call passes that of its endpoint and of all that this lies within. Not safe for threads.</summary>
internal sealed class Gates(RateLimitScope of, IReadOnlyList<ServiceEndpoint> endpoints)
{
    // A connection calls few of the endpoints, or none that has limits of its own.
    private readonly Gate?[] _gates = new Gate?[endpoints.Count];

    public Gate Of(ServiceEndpoint endpoint) => _gates[endpoint.Index] ??= new Gate([.. endpoint.Limits.Where(limit => limit.Of == of)]);

    /// <summary>When the next call to an endpoint may go; in the past where it may now.</summary>
    public TimeSpan FreeAt(ServiceEndpoint endpoint, TimeSpan now)
    {
        var free = TimeSpan.Zero;
        for (var at = endpoint; at is not null; at = at.Within)
        {
            free = _gates[at.Index]?.FreeAt(now) is { } own && own > free ? own : free;
        }

        return free;
    }

    /// <summary>Until when the service asked for no call to just this endpoint.</summary>
    public TimeSpan ClosedUntil(ServiceEndpoint endpoint) => _gates[endpoint.Index]?.ClosedUntil ?? TimeSpan.Zero;

    public void Take(ServiceEndpoint endpoint, TimeSpan now)
    {
        for (var at = endpoint; at is not null; at = at.Within)
        {
            Of(at).Take(now);
        }
    }

    /// <summary>Gives back a call that was not made.</summary>
    public void Return(ServiceEndpoint endpoint)
    {
        for (var at = endpoint; at is not null; at = at.Within)
        {
            _gates[at.Index]?.Return();
        }
    }

    /// <summary>The service took a call: what it refused before, it refused another time.</summary>
    public void Answered(ServiceEndpoint endpoint)
    {
        for (var at = endpoint; at is not null; at = at.Within)
        {
            _gates[at.Index]?.Answered();
        }
    }

    /// <summary>Those of other endpoints, which know what the service said to these.</summary>
    public Gates With(IReadOnlyList<ServiceEndpoint> others)
    {
        var gates = new Gates(of, others);
        foreach (var endpoint in endpoints)
        {
            if (ClosedUntil(endpoint) is var until && until > TimeSpan.Zero)
            {
                gates.Of(ServiceEndpoint.Find(others, endpoint.Path)).Close(until);
            }
        }

        return gates;
    }

    public bool IsIdle(TimeSpan now) => Array.TrueForAll(_gates, gate => gate is null || gate.IsIdle(now));
}
