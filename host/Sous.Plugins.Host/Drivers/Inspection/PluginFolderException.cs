namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>A folder that cannot be taken as a plugin, whatever is in its files.</summary>
internal sealed class PluginFolderException(Finding finding, Exception? inner = null) : Exception(finding.Reason, inner)
{
    public Finding Finding { get; } = finding;
}
