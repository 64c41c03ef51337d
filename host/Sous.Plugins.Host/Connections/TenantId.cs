namespace Sous.Plugins.Host.Connections;

/// <summary>The customer organisation that owns data, by the platform's own id: <c>^[A-Za-z0-9_-]{1,64}$</c>.</summary>
internal readonly record struct TenantId(string Value)
{
    public override string ToString() => Value;
}
