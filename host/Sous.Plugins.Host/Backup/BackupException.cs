namespace Sous.Plugins.Host.Backup;

/// <summary>A backup that cannot be made, read or restored.</summary>
/// <param name="message">One plain sentence that names the file or folder; free of secrets.</param>
internal sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);
