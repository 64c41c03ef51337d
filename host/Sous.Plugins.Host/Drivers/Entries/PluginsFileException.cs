namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>A plugins.json that cannot be used; the host does not start with it (exit code 78).</summary>
/// <param name="errors">Every error found, each one sentence that names the file, the place and the thing.</param>
internal sealed class PluginsFileException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<string> Errors { get; } = errors;
}
