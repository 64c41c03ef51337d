using System.Reflection;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Access;

/// <summary>Who calls the API: a key and how far it reaches. An endpoint gets it as a parameter.</summary>
/// <param name="KeyId">Stands in the audit as the actor.</param>
internal sealed record Caller(string KeyId, KeyScope Scope)
{
    public bool IsAdmin => Scope.IsAdmin;

    /// <summary>False means: answer 404, as for something absent.</summary>
    public bool Reaches(TenantId tenant) => Scope.Reaches(tenant);

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter)
        => ValueTask.FromResult(context.Features.Get<Caller>());
}
