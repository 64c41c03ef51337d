using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

internal static class TenantsEndpoint
{
    public static void MapTenants(this IEndpointRouteBuilder routes)
    {
        var tenants = routes.MapGroup("/api/v1/tenants").RequireAccess(AccessLevel.Admin);
        tenants.MapGet("", ListAsync)
            .Describe("listTenants", "Lists the tenants").IsPaged();
        tenants.MapPost("", CreateAsync)
            .Describe("createTenant", "Registers a tenant", "Under an id of the platform's own.")
            .Example("""{ "id": "hill-street", "name": "Hill Street Group" }""")
            .Conflicts("tenant_exists", "tenant_leaving");
        tenants.MapDelete("{id}", DeleteAsync)
            .Describe("deleteTenant", "Removes a tenant", "With its connections, whose grants are withdrawn, its records, its mappings and its data key.");
    }

    private static async Task<Ok<ItemList<Tenant>>> ListAsync(PageQuery page, IRegistry registry, CancellationToken cancellationToken)
        => TypedResults.Ok(page.Of(await registry.ListAsync(Tenant.Collection, "", cancellationToken), static tenant => tenant.Id.Value));

    private static async Task<Results<Created<Tenant>, ProblemHttpResult>> CreateAsync(
        NewTenant request, Caller caller, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!TenantId.TryParse(request.Id, out var id))
        {
            return Problems.Invalid(("id", "A tenant's id is 1 to 64 letters, digits, '_' and '-'."));
        }

        if (request.Name is { Length: 0 or > 200 })
        {
            return Problems.Invalid(("name", "The name has 1 to 200 characters."));
        }

        var now = clock.GetUtcNow();
        var tenant = new Tenant(id, request.Name, now);
        var audit = AuditEntry.Make(now, caller.KeyId, "tenant.created", id);
        var refusal = await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(Tenant.Collection, id.Value) is not null)
                {
                    return Problems.Conflict("tenant_exists", $"There is a tenant '{id}' already.");
                }

                if (transaction.Find(TenantRemoval.Collection, id.Value) is not null)
                {
                    return Problems.Conflict("tenant_leaving", $"Tenant '{id}' is still being removed. Try again once its grants are withdrawn.");
                }

                transaction.Put(Tenant.Collection, tenant);
                transaction.Append(audit);
                return null;
            },
            cancellationToken);
        return refusal is null ? TypedResults.Created($"/api/v1/tenants/{id}", tenant) : refusal;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(TenantId id, Caller caller, TenantRemovals removals, CancellationToken cancellationToken)
        => await removals.RemoveAsync(id, caller.KeyId, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound();

    internal sealed record NewTenant([property: Required, RegularExpression("^[A-Za-z0-9_-]{1,64}$")] string? Id, [property: StringLength(200, MinimumLength = 1)] string? Name = null);
}
