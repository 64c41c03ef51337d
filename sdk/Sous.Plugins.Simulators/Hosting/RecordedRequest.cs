namespace Sous.Plugins.Simulators.Hosting;

/// <summary>One request as it reached a simulator, kept for assertions. Holds secrets as they were sent; never log it.</summary>
/// <param name="Method">The HTTP method, upper case.</param>
/// <param name="Path">The path without its query.</param>
/// <param name="Query">The query with its question mark, or an empty string.</param>
/// <param name="Headers">The headers; several values of one name are joined by a comma. Names are compared without case.</param>
/// <param name="Body">The body as text, empty where there was none.</param>
public sealed record RecordedRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>What it meets in place of the simulator's own setting, whatever its path; set before it is answered. Null for nothing of its own.</summary>
    public Chaos? Meets { get; set; }

    /// <summary>Whether its connection was cut: no answer of it goes out whole.</summary>
    internal bool IsCut { get; set; }
}
