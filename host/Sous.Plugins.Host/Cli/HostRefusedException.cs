namespace Sous.Plugins.Host.Cli;

/// <summary>The host refused a request; the message is its own sentence.</summary>
internal sealed class HostRefusedException(int statusCode, string? code, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public string? Code { get; } = code;
}
