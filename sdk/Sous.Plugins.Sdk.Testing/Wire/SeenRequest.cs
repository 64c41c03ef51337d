namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>A request that a driver sent.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Uri">Where it went.</param>
/// <param name="Body">Its body as text; empty for none.</param>
internal sealed record SeenRequest(string Method, Uri Uri, string Body)
{
    /// <summary>Whether another asks for the very same.</summary>
    public bool IsSame(SeenRequest other) => Method == other.Method && Uri == other.Uri && Body == other.Body;

    /// <summary>For people: without its query, which may hold what is not theirs.</summary>
    public override string ToString() => $"{Method} {Uri.GetLeftPart(UriPartial.Path)}";
}
