namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>Problems that a route answers.</summary>
/// <param name="Codes">The <c>code</c> of each.</param>
internal sealed record Refusal(int Status, IReadOnlyList<string> Codes);
