namespace Sous.Plugins.Host.Credentials;

/// <summary>One of a tenant's data keys.</summary>
/// <param name="Number">Stands in front of everything that is encrypted under it; 1 for the first, and never given twice.</param>
/// <param name="Wrapped">The key, encrypted under the ring; base64url.</param>
internal sealed record DataKey(int Number, string Wrapped, DateTimeOffset CreatedAt);
