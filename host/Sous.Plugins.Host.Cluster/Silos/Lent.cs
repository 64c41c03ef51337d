namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>What a silo's grains stand before, until it is taken back: parts of Orleans stay for as long as the process does, with all that they can reach.</summary>
internal sealed class Lent<T>(T value) : IDisposable
    where T : class
{
    private volatile T? _value = value;

    /// <summary>Null once it is taken back.</summary>
    public T? Value => _value;

    /// <summary>Takes it back; it is its owner's to dispose of.</summary>
    public void Dispose() => _value = null;
}
