using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>A simulated service that goes on changing while the host that syncs it is killed.</summary>
internal abstract class KilledService : IAsyncDisposable
{
    public abstract string Driver { get; }

    public abstract IReadOnlyList<string> Streams { get; }

    /// <summary>Address and client registration, as the simulators' program tells them.</summary>
    public abstract JsonObject Registration { get; }

    /// <summary>Connects, and maps what there is to map.</summary>
    /// <returns>The connection's id.</returns>
    public abstract Task<string> ConnectAsync(Platform platform, CancellationToken cancellationToken);

    /// <summary>Lets a gate see each request before and after it is answered.</summary>
    public abstract void Watch(RequestGate gate);

    /// <summary>What lies between two requests of a walk, or null where the second belongs to none.</summary>
    /// <param name="last">The walk's request before, or null at its start.</param>
    public abstract KillKind? StepOf(RecordedRequest? last, RecordedRequest request);

    /// <summary>The most steps of a kind that a walk of the host can be relied on to take.</summary>
    /// <param name="amidHistory">Amid the first walk, or one through some hundreds of changes.</param>
    public abstract int MostSteps(KillKind kind, bool amidHistory);

    /// <summary>One change of what is there, or something new. From one caller at a time.</summary>
    public abstract void Change(Random random);

    /// <summary>The feed stands as the service does.</summary>
    public abstract Task AssertHeldByAsync(FeedCheck feed, string context, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    protected static JsonObject RegistrationOf(Uri address, string clientId, string clientSecret)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        return new JsonObject { ["apiUrl"] = url, ["authUrl"] = url, ["clientId"] = clientId, ["clientSecret"] = clientSecret };
    }
}
