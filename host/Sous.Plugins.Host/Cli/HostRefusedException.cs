using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary>The host refused a request; the message is its own sentence.</summary>
internal sealed class HostRefusedException(int statusCode, JsonObject? problem, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    /// <summary>As it came; null where it was none.</summary>
    public JsonObject? Problem { get; } = problem;

    public string? Code => (string?)Problem?["code"];
}
