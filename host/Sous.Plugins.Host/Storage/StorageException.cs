namespace Sous.Plugins.Host.Storage;

/// <summary>A store that cannot be opened, read or written.</summary>
/// <param name="message">One plain sentence that names the file or folder; free of secrets.</param>
internal sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it may go well another time with nothing set otherwise: a server that does not answer, a host that has yet to go.</summary>
    public bool MayPass { get; init; }

    /// <summary>Whether it is another host's, which works there now.</summary>
    public bool IsTaken { get; init; }
}
