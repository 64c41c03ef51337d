namespace Sous.Plugins.Sdk;

/// <summary>A span of time.</summary>
/// <param name="From">Its first instant, inclusive.</param>
/// <param name="To">Its end, exclusive; after <paramref name="From"/>.</param>
public readonly record struct InstantRange(DateTimeOffset From, DateTimeOffset To);
