using System.Diagnostics.CodeAnalysis;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Access;

/// <summary>How far a key reaches: everything (<c>admin</c>), or one tenant (<c>tenant:T</c>).</summary>
/// <param name="Tenant">The one tenant, or null for everything.</param>
internal readonly record struct KeyScope(TenantId? Tenant)
{
    private const string TenantPrefix = "tenant:";

    public static readonly KeyScope Admin;

    public bool IsAdmin => Tenant is null;

    public bool Reaches(TenantId tenant) => Tenant is null || Tenant == tenant;

    public static bool TryParse([NotNullWhen(true)] string? text, out KeyScope scope)
    {
        scope = Admin;
        if (text == "admin")
        {
            return true;
        }

        if (text is null || !text.StartsWith(TenantPrefix, StringComparison.Ordinal) || !TenantId.TryParse(text[TenantPrefix.Length..], out var tenant))
        {
            return false;
        }

        scope = new KeyScope(tenant);
        return true;
    }

    public override string ToString() => Tenant is { } tenant ? TenantPrefix + tenant.Value : "admin";
}
