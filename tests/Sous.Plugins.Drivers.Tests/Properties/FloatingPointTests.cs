using System.Reflection;
using Sous.Plugins.Sdk;
using Sous.Plugins.Square;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>Money and quantities never pass through a floating-point number.</summary>
public sealed class FloatingPointTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Theory]
    [InlineData(typeof(Money))]
    [InlineData(typeof(SquareDriver))]
    [InlineData(typeof(ToastDriver))]
    public void No_field_no_parameter_no_result_and_no_local_of_the_sdk_and_the_drivers_is_one(Type one)
    {
        var types = one.Assembly.GetTypes();

        var floating = types.SelectMany(type => type.GetFields(All).Select(field => (Where: $"{type}.{field.Name}", field.FieldType))
            .Concat(type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(method => TypesOf(method).Select(used => (Where: $"{type}.{method.Name}", used)))));

        Assert.True(types.Length > 20);
        Assert.Empty(floating.Where(use => IsFloating(use.Item2)).Select(use => use.Where).Distinct());
    }

    private static IEnumerable<Type> TypesOf(MethodBase method) =>
    [
        .. method.GetParameters().Select(parameter => parameter.ParameterType),
        .. method is MethodInfo { ReturnType: var result } ? [result] : Type.EmptyTypes,
        .. method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [],
    ];

    private static bool IsFloating(Type type) => type == typeof(double) || type == typeof(float) || type == typeof(Half)
        || (type.HasElementType && IsFloating(type.GetElementType()!)) || type.GenericTypeArguments.Any(IsFloating);
}
