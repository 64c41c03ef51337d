using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>An address of the platform that wants a tenant's events.</summary>
internal sealed record Subscription
{
    public static readonly RegistryCollection<Subscription> Collection =
        new("subscriptions", static subscription => KeyOf(subscription.Tenant, subscription.Id), DeliveriesJson.Default.Subscription);

    public required string Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Types, such as <c>order.created</c>, whole families, such as <c>order.*</c>, or <c>*</c> for all.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Id of the registered address to which owners come back who reconnect by the address in an event; null for the only one there is.</summary>
    public string? ReturnTo { get; init; }

    public SubscriptionState State { get; init; }

    /// <summary>Why it is disabled, one plain sentence, or null.</summary>
    public string? Cause { get; init; }

    /// <summary>What the deliveries are signed with, oldest first; each that has not ended signs.</summary>
    public required IReadOnlyList<SigningKey> Keys { get; init; }

    /// <summary>The sequence of the tenant's log after which it begins.</summary>
    public required long After { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Another one whenever somebody changed it.</summary>
    [JsonIgnore]
    public string Version => VersionTag.Of(ChangedAt);

    public bool Wants(string type) => Events.Any(wanted =>
        wanted == "*" || wanted == type || (wanted.EndsWith(".*", StringComparison.Ordinal) && type.StartsWith(wanted[..^1], StringComparison.Ordinal)));

    public static string KeyOf(TenantId tenant, string id) => $"{tenant}/{id}";
}
