using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>Up to which number the platform was told of closed days: so that a kill in between tells nothing twice.</summary>
internal sealed record ToldClosings(long UpTo)
{
    public const string Key = "all";

    public static readonly RegistryCollection<ToldClosings> Collection = new("told_closings", static _ => Key, ClosingsJson.Default.ToldClosings);
}
