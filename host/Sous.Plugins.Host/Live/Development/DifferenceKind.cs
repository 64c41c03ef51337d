namespace Sous.Plugins.Host.Live.Development;

internal enum DifferenceKind
{
    Changed,
    Added,
    Removed,
}
