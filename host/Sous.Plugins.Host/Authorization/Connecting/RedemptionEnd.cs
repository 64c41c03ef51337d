using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A connection, or why there is none.</summary>
internal sealed record RedemptionEnd(Connection? Connection, ProblemHttpResult? Problem)
{
    public static RedemptionEnd Of(Connection connection) => new(connection, null);

    public static RedemptionEnd Refused(string code, string detail) => new(null, Problems.Conflict(code, detail));
}
