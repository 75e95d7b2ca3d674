//! Parameters of statements.

use bytes::BytesMut;
use sea_query::{ArrayType, Value};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::dialect::unsupported;
use crate::{Error, Result, storable};

/// A parameter with its own type. The server does not infer types, so an
/// integer is compared as an integer.
#[derive(Debug)]
pub struct Bound(Value);

type Written = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl Bound {
    pub fn all(mut values: Vec<Value>) -> Result<Vec<Self>> {
        storable::prepare(&mut values)?;
        values.into_iter().map(Self::new).collect()
    }

    fn new(value: Value) -> Result<Self> {
        Ok(Self(match value {
            Value::Bool(_)
            | Value::Int(_)
            | Value::BigInt(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Json(_)
            | Value::ChronoDate(_)
            | Value::ChronoDateTime(_)
            | Value::Uuid(_)
            | Value::Array(
                ArrayType::String | ArrayType::Json | ArrayType::Bytes | ArrayType::Uuid,
                _,
            ) => value,
            // `LIMIT` and `OFFSET`.
            Value::BigUnsigned(number) => Value::BigInt(number.map(u64::cast_signed)),
            other => return Err(unsupported(&other)),
        }))
    }

    pub fn kind(&self) -> Type {
        match &self.0 {
            Value::Bool(_) => Type::BOOL,
            Value::Int(_) => Type::INT4,
            Value::Double(_) => Type::FLOAT8,
            Value::Bytes(_) => Type::BYTEA,
            Value::Json(_) => Type::JSONB,
            Value::ChronoDate(_) => Type::DATE,
            Value::ChronoDateTime(_) => Type::TIMESTAMP,
            Value::Uuid(_) => Type::UUID,
            Value::Array(ArrayType::Json, _) => Type::JSONB_ARRAY,
            Value::Array(ArrayType::Bytes, _) => Type::BYTEA_ARRAY,
            Value::Array(ArrayType::Uuid, _) => Type::UUID_ARRAY,
            Value::Array(..) => Type::TEXT_ARRAY,
            Value::BigInt(_) => Type::INT8,
            _ => Type::TEXT,
        }
    }
}

impl ToSql for Bound {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Written {
        match &self.0 {
            Value::Bool(value) => value.to_sql(kind, out),
            Value::Int(value) => value.to_sql(kind, out),
            Value::BigInt(value) => value.to_sql(kind, out),
            Value::Double(value) => value.to_sql(kind, out),
            Value::String(value) => value.as_deref().to_sql(kind, out),
            Value::Bytes(value) => value.as_deref().to_sql(kind, out),
            Value::Json(value) => value.as_deref().to_sql(kind, out),
            Value::ChronoDate(value) => value.to_sql(kind, out),
            Value::ChronoDateTime(value) => value.to_sql(kind, out),
            Value::Uuid(value) => value.to_sql(kind, out),
            Value::Array(_, items) => array(items.as_deref().map(Vec::as_slice), kind, out),
            other => Err(Box::new(unsupported(other))),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn array(items: Option<&[Value]>, kind: &Type, out: &mut BytesMut) -> Written {
    let Some(items) = items else {
        return Ok(IsNull::Yes);
    };
    let items: Vec<Bound> = items
        .iter()
        .cloned()
        .map(Bound::new)
        .collect::<Result<_, Error>>()?;
    items.to_sql(kind, out)
}
