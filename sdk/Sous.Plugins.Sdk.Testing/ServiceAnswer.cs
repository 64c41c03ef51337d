namespace Sous.Plugins.Sdk.Testing;

/// <summary>An answer as the service itself gives it.</summary>
/// <param name="Status">HTTP status, 200 to 599.</param>
/// <param name="Body">Its body.</param>
public sealed record ServiceAnswer(int Status, string Body)
{
    /// <summary>Media type of the body. Default <c>application/json</c>.</summary>
    public string MediaType { get; init; } = "application/json";
}
