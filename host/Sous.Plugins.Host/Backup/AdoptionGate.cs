using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Backup;

/// <summary>What a copy that waits to be adopted answers: what it holds. Whatever changes something, connects somebody or asks a service is refused.</summary>
internal static class AdoptionGate
{
    /// <summary>A write that concerns this host alone, so that a copy may serve it too.</summary>
    public static TBuilder ServesUnadopted<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
        => endpoints.WithMetadata(Served.BeforeAdoption);

    /// <summary>A read that asks a service.</summary>
    public static TBuilder NeedsAdoption<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
        => endpoints.WithMetadata(Served.AfterAdoption);

    public static void UseAdoptionGate(this IApplicationBuilder app)
    {
        var adoption = app.ApplicationServices.GetRequiredService<Adoption>();
        app.Use(async (context, next) =>
        {
            if (!IsHeld(context) || await adoption.FindWaitingAsync(context.RequestAborted) is not { } waiting)
            {
                await next(context);
                return;
            }

            IResult refusal = OwnerPage.IsFor(context.Request.Path) ? OwnerPages.NotNow : DashboardPage.Or(Refuse(waiting), context);
            await refusal.ExecuteAsync(context);
        });
    }

    /// <summary>Whether a route of the API does more than to read what is stored.</summary>
    public static bool Holds(IEnumerable<object> metadata, string method)
        => metadata.OfType<Served>().LastOrDefault() is { } served ? served == Served.AfterAdoption : !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method));

    /// <summary>Whether a request does more than to read what is stored.</summary>
    public static bool IsHeld(HttpContext context)
        => context.GetEndpoint() is { } endpoint
            && (OwnerPage.IsFor(context.Request.Path) ? endpoint.Metadata.GetMetadata<Served>() != Served.BeforeAdoption : Holds(endpoint.Metadata, context.Request.Method));

    private static ProblemHttpResult Refuse(Restoration waiting) => Problems.Conflict(Adoption.Code, Adoption.Explain(waiting), ("backupAt", waiting.BackupAt));

    private sealed record Served(bool Unadopted)
    {
        public static readonly Served BeforeAdoption = new(true);

        public static readonly Served AfterAdoption = new(false);
    }
}
