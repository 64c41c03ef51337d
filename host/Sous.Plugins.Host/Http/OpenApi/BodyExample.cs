namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>A body that a route takes, as JSON.</summary>
internal sealed record BodyExample(string Json);
