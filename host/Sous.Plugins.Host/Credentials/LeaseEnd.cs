namespace Sous.Plugins.Host.Credentials;

/// <summary>What became of wanting a lease.</summary>
/// <param name="HeldUntil">Somebody else's lease stands until then; null where the lease is ours now.</param>
/// <param name="UnsettledSince">When another holder asked with this same version and never settled it, or null.</param>
internal sealed record LeaseEnd(DateTimeOffset? HeldUntil, DateTimeOffset? UnsettledSince = null);
