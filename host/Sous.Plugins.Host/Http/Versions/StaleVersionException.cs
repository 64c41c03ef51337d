namespace Sous.Plugins.Host.Http.Versions;

/// <summary>Somebody else edited it meanwhile: nothing of the write is kept, and the caller is answered 412.</summary>
/// <param name="version">What it has come to.</param>
internal sealed class StaleVersionException(string version) : Exception("It is at another version than the one that was to be edited.")
{
    public const string Code = "version_mismatch";

    public string Version { get; } = version;
}
