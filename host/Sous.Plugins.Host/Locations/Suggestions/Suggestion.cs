namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>An own location that may be the one that a service's location stands for.</summary>
/// <param name="Name">As the description that fits best has it: the platform's, or that of a service whose location is mapped to it.</param>
/// <param name="Confidence">0 to 1, two decimals.</param>
/// <param name="Reasons">For and against, a plain sentence each.</param>
internal sealed record Suggestion(string OwnId, string? Name, double Confidence, IReadOnlyList<string> Reasons);
