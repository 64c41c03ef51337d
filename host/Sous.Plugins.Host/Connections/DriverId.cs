namespace Sous.Plugins.Host.Connections;

/// <summary>A driver: <c>^[a-z0-9-]{1,40}$</c>.</summary>
internal readonly record struct DriverId(string Value)
{
    public override string ToString() => Value;
}
