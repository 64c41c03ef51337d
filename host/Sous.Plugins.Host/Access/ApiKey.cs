using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

/// <summary>A key as it is kept: its hash, never its text, which is shown once.</summary>
internal sealed record ApiKey
{
    public static readonly RegistryCollection<ApiKey> Collection = new("api_keys", static key => key.Id, AccessJson.Default.ApiKey);

    public required string Id { get; init; }

    /// <summary>SHA-256 of the whole text, in hexadecimal. 256 random bits need no slow hash.</summary>
    public required string Hash { get; init; }

    public required KeyScope Scope { get; init; }

    public string? Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it opens nothing, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }
}
