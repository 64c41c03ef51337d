namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>One of a subscription's secrets.</summary>
/// <param name="Number">1 for the first, and never given twice.</param>
/// <param name="Protected">Encrypted under the tenant's data key.</param>
/// <param name="Until">When it ceases to sign; null for the newest.</param>
internal sealed record SigningKey(int Number, string Protected, DateTimeOffset CreatedAt, DateTimeOffset? Until = null);
