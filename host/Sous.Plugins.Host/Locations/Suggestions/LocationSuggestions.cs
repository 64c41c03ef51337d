namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>What a service's location may be mapped to, best first; empty where nothing known fits.</summary>
/// <param name="OwnId">What it is mapped to now; absent while it is not.</param>
internal sealed record LocationSuggestions(string ExternalId, string Name, string? OwnId, IReadOnlyList<Suggestion> Suggestions);
