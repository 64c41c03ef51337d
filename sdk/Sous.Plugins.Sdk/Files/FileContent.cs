namespace Sous.Plugins.Sdk.Files;

/// <summary>The content of a file, or a part of it, while it arrives.</summary>
/// <param name="content">The bytes. Reading past a broken transfer throws <see cref="DriverException"/>; so does an end with a wrong checksum.</param>
/// <param name="mimeType">What the bytes are.</param>
public sealed class FileContent(Stream content, string mimeType) : IAsyncDisposable
{
    /// <summary>The bytes, read once, forward.</summary>
    public Stream Content { get; } = content;

    /// <summary>What the bytes are.</summary>
    public string MimeType { get; } = mimeType;

    /// <summary>How many bytes will come, or null where the service does not say.</summary>
    public long? Length { get; init; }

    /// <summary>The file's whole size, or null where it is not known.</summary>
    public long? FileSize { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
