using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>A part of a service that has limits of its own: what lies below a path, or the whole of it.</summary>
internal sealed class ServiceEndpoint
{
    private ServiceEndpoint(int index, string? path, ServiceEndpoint? within, IReadOnlyList<RateLimit> limits)
        => (Index, Path, Within, Limits) = (index, path, within, limits);

    /// <summary>Its place among those that were made with it; the whole service has the first.</summary>
    public int Index { get; }

    /// <summary>Null for the whole service.</summary>
    public string? Path { get; }

    /// <summary>The smallest that it is a part of: whatever falls under this one falls under that too. Null for the whole service.</summary>
    public ServiceEndpoint? Within { get; }

    /// <summary>Those of its own.</summary>
    public IReadOnlyList<RateLimit> Limits { get; }

    /// <summary>Whom a wait that the service asks for holds up.</summary>
    public RateLimitScope Limited => Limits.Count > 0 && Limits.All(static limit => limit.Of == RateLimitScope.Registration) ? RateLimitScope.Registration : RateLimitScope.Connection;

    /// <summary>The whole service, and behind it each path that is limited, none before one that it lies within.</summary>
    public static IReadOnlyList<ServiceEndpoint> Of(IReadOnlyList<RateLimit> limits)
    {
        var endpoints = new List<ServiceEndpoint> { new(0, null, null, [.. limits.Where(static limit => limit.Path is null)]) };
        foreach (var path in limits.Select(static limit => limit.Path).OfType<string>().Distinct(StringComparer.Ordinal).OrderBy(static path => path.Length))
        {
            endpoints.Add(new ServiceEndpoint(endpoints.Count, path, Find(endpoints, path), [.. limits.Where(limit => limit.Path == path)]));
        }

        return endpoints;
    }

    /// <summary>The smallest that a path lies within.</summary>
    public static ServiceEndpoint Find(IReadOnlyList<ServiceEndpoint> endpoints, string? path)
    {
        for (var i = endpoints.Count - 1; i > 0; i--)
        {
            if (path is not null && endpoints[i].Path is { } begin && path.StartsWith(begin, StringComparison.Ordinal) && (path.Length == begin.Length || path[begin.Length] == '/'))
            {
                return endpoints[i];
            }
        }

        return endpoints[0];
    }
}
