using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Emergency;

/// <summary>What a frozen tenant's routes answer: what is stored. Whatever changes something, connects somebody or asks a service is refused, as in a copy that waits to be adopted.</summary>
internal static class FreezeGate
{
    public const string Code = "tenant_frozen";

    public static void UseFreezeGate(this IApplicationBuilder app)
    {
        var registry = app.ApplicationServices.GetRequiredService<IRegistry>();
        app.Use(async (context, next) =>
        {
            if (!AdoptionGate.IsHeld(context)
                || context.GetRouteValue("tenant") is not string id
                || await registry.FindAsync(Tenant.Collection, id, context.RequestAborted) is not { FrozenAt: { } frozenAt })
            {
                await next(context);
                return;
            }

            await Problems.Conflict(
                Code,
                "The operator froze this tenant: what is stored can be read, and nothing else is done until it is unfrozen.",
                ("frozenAt", frozenAt)).ExecuteAsync(context);
        });
    }
}
