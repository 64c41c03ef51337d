namespace Sous.Plugins.Sdk.Webhooks;

/// <summary>A webhook as it came.</summary>
public sealed record WebhookRequest
{
    /// <summary>The address registered at the service, from configuration; never rebuilt from the request.</summary>
    public required Uri RegisteredAddress { get; init; }

    /// <summary>Its headers; names compare without case, repeated ones are joined by a comma.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Its raw bytes, at most 1 MiB.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
